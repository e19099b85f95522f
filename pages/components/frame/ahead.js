// Fetches scripts that Streamlit will ask for: `atOnce` compiled too, `later` into the browser's cache.

// Once the page has been read for a moment: until then the browser is busy with drawing it.
const AFTER_MS = 1000;

class Ahead {
  update({ atOnce, later }) {
    this.waiting ??= setTimeout(() => {
      for (const href of atOnce) this.link("modulepreload", href);
      for (const href of later) this.link("prefetch", href);
    }, AFTER_MS);
  }

  destroy() { clearTimeout(this.waiting); }

  link(rel, href) {
    document.head.append(Object.assign(document.createElement("link"), { rel, href, fetchPriority: "low" }));
  }
}

export default mounted(Ahead);
