import { answer, now, variable } from "../../assembly/cgi"

const path = variable("PATH_INFO")
const lease = variable("TENDER_LEASE")
const time = new Date(now()).toISOString()

if (variable("HTTP_ACCEPT").includes("text/html")) {
  answer("200 OK", "text/html; charset=utf-8", String.UTF8.encode(page()))
} else {
  answer("200 OK", "text/plain; charset=utf-8", String.UTF8.encode(
    "Hello from Tender!\n\npath   " + path + "\ntime   " + time + "\nlease  " + lease + "\n",
  ))
}

function page(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello from Tender</title>
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-content: center; font: 16px/1.6 system-ui, sans-serif;
    color: #e8f0ee; background: radial-gradient(circle at 30% 20%, #17544b, #0a1c1a) }
  main { padding: 2rem; max-width: 40rem } h1 { font-size: 3rem; margin: 0 0 1rem }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1.5rem } dt { opacity: .6 }
  dd { margin: 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
</style>
<main>
  <h1>Hello from Tender</h1>
  <p>A stranger's computer made this page for you, in a Wasm instance that lived for this one request.</p>
  <dl>
    <dt>path<dd>` + escape(path) + `
    <dt>time<dd>` + time + `
    <dt>lease<dd>` + escape(lease) + `
  </dl>
</main>
`
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")
}
