import { answer, numberOf, variable } from "../../assembly/cgi"
import { encodePng } from "../../assembly/png"

// A fractal: the Mandelbrot set, or with `cx` and `cy` in the query the Julia set of that number.
const width = <i32>numberOf("w", 640, 16, 2048)
const height = <i32>numberOf("h", 480, 16, 2048)
const steps = <i32>numberOf("n", 200, 8, 2000)
const query = variable("QUERY_STRING")
const julia = query.includes("cx=")
const centreX = numberOf("x", julia ? 0 : -0.6, -4, 4)
const centreY = numberOf("y", 0, -4, 4)
const span = 3.2 / numberOf("zoom", 1, 0.1, 1e12)
const juliaX = numberOf("cx", -0.8, -2, 2)
const juliaY = numberOf("cy", 0.156, -2, 2)

if (variable("PATH_INFO") != "/") {
  answer("404 Not Found", "text/plain", String.UTF8.encode("there is only /?w=&h=&x=&y=&zoom=&n=&cx=&cy=\n"))
} else {
  answer("200 OK", "image/png", encodePng(width, height, render(), palette()))
}

function render(): StaticArray<u8> {
  const pixels = new StaticArray<u8>(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = centreX + (<f64>column / width - 0.5) * span
      const y = centreY + (<f64>row / height - 0.5) * span * height / width
      pixels[row * width + column] = julia ? escapeTime(x, y, juliaX, juliaY) : escapeTime(0, 0, x, y)
    }
  }
  return pixels
}

/** 0 if z → z² + c stays bounded, else 1 to 255 by how soon it does not. */
function escapeTime(x: f64, y: f64, cx: f64, cy: f64): u8 {
  for (let step = 0; step < steps; step++) {
    const xx = x * x
    const yy = y * y
    if (xx + yy > 4) return <u8>(1 + step % 255)
    y = 2 * x * y + cy
    x = xx - yy + cx
  }
  return 0
}

/** Black inside; outside a smooth wheel from deep green over gold to white and back. */
function palette(): StaticArray<u8> {
  const colours = new StaticArray<u8>(768)
  for (let i = 1; i < 256; i++) {
    const angle = <f64>i * 0.11
    colours[i * 3] = wave(angle)
    colours[i * 3 + 1] = wave(angle - 0.6)
    colours[i * 3 + 2] = wave(angle - 1.6)
  }
  return colours
}

function wave(angle: f64): u8 {
  return <u8>(127.5 - 115 * Math.cos(angle))
}
