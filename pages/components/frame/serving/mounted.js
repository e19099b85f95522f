// What every component of the app begins with: one view in each place of the page, told whenever
// Streamlit calls.
//
// Streamlit calls as soon as the script is loaded, so several calls may have waited for it, and come
// in any order. One that a newer call overtook is ended right after it, before the next task; the
// newest is ended when its place leaves the page. So a view is told in the next task, of what was
// not ended by then.

const views = new WeakMap(); // the root of a place -> its view

// `Kind`: made of a root, with update(data, set) and destroy(); `setter`: which of Streamlit's `set` is.
const mounted = (Kind, setter = "setStateValue") => (component) => {
  const root = component.parentElement;
  let isTold = false;
  const telling = setTimeout(() => {
    isTold = true;
    if (!views.has(root)) views.set(root, new Kind(root));
    views.get(root).update(component.data, component[setter]);
  });
  return () => {
    clearTimeout(telling);
    if (!isTold && root.isConnected) return;
    views.get(root)?.destroy();
    views.delete(root);
  };
};
