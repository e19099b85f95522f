// Asks the server again and again whether a job has ended, and tells Streamlit when it has. Where
// the server cannot be asked, the page's own looks go on.

const ENDED = 200, GOES_ON = 204;

class Ending {
  update({ url }, setTrigger) {
    this.setTrigger = setTrigger;
    if (url === this.url) return;
    this.url = url;
    this.destroy();
    this.asking = new AbortController();
    this.ask(url, this.asking.signal);
  }

  destroy() { this.asking?.abort(); }

  async ask(url, signal) {
    let status = GOES_ON;
    while (status === GOES_ON && !signal.aborted) {
      try {
        status = (await fetch(url, { signal })).status;
      } catch {
        return;
      }
    }
    if (status === ENDED && !signal.aborted) this.setTrigger("ended", url);
  }
}

export default mounted(Ending, "setTriggerValue");
