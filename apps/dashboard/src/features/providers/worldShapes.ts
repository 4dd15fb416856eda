import { geoNaturalEarth1, geoPath } from 'd3-geo'
import { feature } from 'topojson-client'
import world from 'world-atlas/countries-110m.json'

export const WIDTH = 960
export const HEIGHT = 440

/** Countries too small for this map's borders: longitude and latitude. */
const small: Readonly<Record<string, readonly [number, number]>> = {
  AD: [1.5, 42.5],
  BB: [-59.5, 13.2],
  BH: [50.5, 26],
  CV: [-23.6, 15.1],
  HK: [114.2, 22.3],
  LI: [9.6, 47.1],
  MC: [7.4, 43.7],
  MO: [113.5, 22.2],
  MT: [14.4, 35.9],
  MU: [57.5, -20.3],
  MV: [73.5, 3.2],
  SC: [55.5, -4.7],
  SG: [103.8, 1.35],
  SM: [12.5, 43.9],
}

/** Countries whose middle is far from where people live: Alaska, Guiana, the Arctic. */
const shifted: Readonly<Record<string, readonly [number, number]>> = {
  US: [-98, 39.5],
  FR: [2.5, 46.6],
  CA: [-104, 54],
  NO: [9.5, 61],
  RU: [60, 58],
}

type Topology = Parameters<typeof feature>[0]

const ANTARCTICA = '010'
const land = readLand()
const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'FeatureCollection', features: land })
const draw = geoPath(projection)

/** Every country's outline; `country` is its ISO 3166-1 alpha-2 code, undefined where there is none. */
export const shapes = land.map((shape, index) => ({
  key: `${shape.id ?? ''}-${index}`,
  country: alpha2(shape.id),
  path: draw(shape) ?? '',
}))

/** Where a country's mark stands on the map; undefined for what is no country. */
export function placeOf(country: string): readonly [number, number] | undefined {
  const known = shifted[country] ?? small[country]
  if (known) return projection([known[0], known[1]]) ?? undefined
  const shape = land.find(({ id }) => alpha2(id) === country)
  return shape && draw.centroid(shape)
}

function readLand() {
  // CAST: the package's own file; TypeScript takes the strings in it for any strings
  const topology = world as unknown as Topology
  const { countries } = topology.objects
  const collection = countries && feature(topology, countries)
  if (collection?.type !== 'FeatureCollection') throw new Error('the atlas has no countries')
  return collection.features.filter(({ id }) => id !== ANTARCTICA)
}

/** The atlas has numeric codes; Unicode's canonical form of a region is its letters. */
function alpha2(id: string | number | undefined): string | undefined {
  if (id === undefined) return undefined
  return new Intl.Locale(`und-${String(id).padStart(3, '0')}`).region
}
