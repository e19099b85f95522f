// Fetches scripts that Streamlit will ask for: `atOnce` compiled too, `later` into the browser's cache.

class Ahead {
  update({ atOnce, later }) {
    for (const href of atOnce) this.link("modulepreload", href);
    for (const href of later) this.link("prefetch", href);
  }

  destroy() {}

  link(rel, href) {
    document.head.append(Object.assign(document.createElement("link"), { rel, href, fetchPriority: "low" }));
  }
}

export default mounted(Ahead);
