import { encodePng } from "../../assembly/png"
import { random, seedFrom, variable, writeOutput } from "../../assembly/task"

// One band of a picture: spheres in a soft light, by following light from the eye backwards.
const width = <i32>I32.parseInt(variable("WIDTH"))
const height = <i32>I32.parseInt(variable("HEIGHT"))
const samples = <i32>I32.parseInt(variable("SAMPLES"))
const task = <i32>I32.parseInt(variable("TENDER_TASK"))
const tasks = <i32>I32.parseInt(variable("TENDER_TASKS"))
const first = height * task / tasks
const rows = height * (task + 1) / tasks - first
const DEEPEST: i32 = 6
const FAR: f64 = 1e9

// Middle, radius, colour, and 1 for a mirror: eight numbers each. The first is the ground.
const spheres: StaticArray<f64> = [
  0, -1000, 0, 1000, 0.55, 0.6, 0.55, 0,
  -2.3, 1, 0.2, 1, 0.85, 0.3, 0.25, 0,
  0, 1, -0.4, 1, 0.95, 0.93, 0.88, 1,
  2.3, 1, 0.2, 1, 0.2, 0.45, 0.8, 0,
  -0.95, 0.4, 1.5, 0.4, 0.95, 0.75, 0.25, 0,
  1.05, 0.4, 1.6, 0.4, 0.35, 0.75, 0.4, 0,
]
const FIELDS: i32 = 8

// The light that came back, and the ray that is followed.
let red: f64 = 0
let green: f64 = 0
let blue: f64 = 0
let x: f64 = 0
let y: f64 = 0
let z: f64 = 0
let dx: f64 = 0
let dy: f64 = 0
let dz: f64 = 0

seedFrom(variable("TENDER_SEED"))
writeOutput("band.png", encodePng(width, rows, render()))

function render(): StaticArray<u8> {
  const pixels = new StaticArray<u8>(width * rows * 3)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      let r: f64 = 0
      let g: f64 = 0
      let b: f64 = 0
      for (let i = 0; i < samples; i++) {
        look((<f64>column + random()) / width, (<f64>(first + row) + random()) / height)
        follow()
        r += red
        g += green
        b += blue
      }
      const at = (row * width + column) * 3
      pixels[at] = tone(r / samples)
      pixels[at + 1] = tone(g / samples)
      pixels[at + 2] = tone(b / samples)
    }
  }
  return pixels
}

/** A ray through a place of the picture, both from 0 to 1. */
function look(across: f64, down: f64): void {
  x = 0
  y = 2.2
  z = 7
  dx = (across - 0.5) * 1.15 * width / height
  dy = (0.5 - down) * 1.15 - 0.17
  dz = -1.6
  normalise()
}

function follow(): void {
  let r: f64 = 1
  let g: f64 = 1
  let b: f64 = 1
  red = green = blue = 0
  for (let depth = 0; depth < DEEPEST; depth++) {
    let nearest = FAR
    let hit = -1
    for (let i = 0; i < spheres.length; i += FIELDS) {
      const distance = meets(i)
      if (distance < nearest) {
        nearest = distance
        hit = i
      }
    }
    if (hit < 0) {
      const up = 0.5 * (dy + 1)
      const sun = Math.max(0, dx * 0.5 + dy * 0.7 + dz * 0.5)
      const glow = sun * sun * sun * sun * 2.2
      red = r * (1 - up + up * 0.45 + glow)
      green = g * (1 - up + up * 0.65 + glow * 0.9)
      blue = b * (1 - up + up + glow * 0.7)
      return
    }
    r *= spheres[hit + 4]
    g *= spheres[hit + 5]
    b *= spheres[hit + 6]
    bounce(hit, nearest)
  }
}

/** How far a sphere is along the ray; FAR if it is not on it. */
function meets(i: i32): f64 {
  const ox = x - spheres[i]
  const oy = y - spheres[i + 1]
  const oz = z - spheres[i + 2]
  const b = ox * dx + oy * dy + oz * dz
  const c = ox * ox + oy * oy + oz * oz - spheres[i + 3] * spheres[i + 3]
  const d = b * b - c
  if (d < 0) return FAR
  const root = Math.sqrt(d)
  if (-b - root > 1e-4) return -b - root
  return -b + root > 1e-4 ? -b + root : FAR
}

function bounce(i: i32, distance: f64): void {
  x += dx * distance
  y += dy * distance
  z += dz * distance
  const radius = spheres[i + 3]
  const nx = (x - spheres[i]) / radius
  const ny = (y - spheres[i + 1]) / radius
  const nz = (z - spheres[i + 2]) / radius
  if (spheres[i + 7] > 0) {
    const along = 2 * (dx * nx + dy * ny + dz * nz)
    dx -= along * nx
    dy -= along * ny
    dz -= along * nz
  } else {
    // Matt: anywhere, the more the straighter off.
    const up = 2 * random() - 1
    const around = 2 * Math.PI * random()
    const flat = Math.sqrt(Math.max(0, 1 - up * up))
    dx = nx + flat * Math.cos(around)
    dy = ny + up
    dz = nz + flat * Math.sin(around)
  }
  normalise()
}

function normalise(): void {
  const length = Math.sqrt(dx * dx + dy * dy + dz * dz)
  if (length < 1e-9) return
  dx /= length
  dy /= length
  dz /= length
}

function tone(light: f64): u8 {
  return <u8>Math.min(255, 255 * Math.sqrt(light))
}
