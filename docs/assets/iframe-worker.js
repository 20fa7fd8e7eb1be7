/* Search without a server. Browsers refuse workers to pages that come from a file, so there the
   script of the worker runs in a hidden frame, which has the same messages. (The theme would fetch
   a package for this from the network, unless it finds "iframe-worker" among its scripts.) */
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.documentElement.append(frame)
      const inner = frame.contentWindow
      const load = source =>
        new Promise((done, failed) => {
          const script = inner.document.createElement("script")
          script.src = source
          script.onload = done
          script.onerror = failed
          inner.document.body.append(script)
        })
      inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      inner.importScripts = (...sources) => Promise.all(sources.map(load))
      this.inner = inner
      this.ready = load(new URL(url, location.href).href)
    }

    async postMessage(data) {
      await this.ready
      this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data }))
    }

    terminate() {
      this.inner.frameElement.remove()
    }
  }
  window.Worker = window.IFrameWorker
}
