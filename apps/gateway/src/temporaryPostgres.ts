import { execFile, execFileSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)

/** Where Debian has PostgreSQL's programs, the newest version's; `undefined` if it is not installed. */
export const postgresPrograms = findPrograms()

/** A PostgreSQL for a test or a measurement: on a socket of its own, without a port, its files gone once it stops. */
export type TemporaryPostgres = {
  /** Makes an empty database. @returns its URL */
  createDatabase(): Promise<string>
  /** Stops the server at once, as in a crash, and starts it again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts a PostgreSQL; as user `postgres` where the tests run as root, which it refuses. */
export async function startTemporaryPostgres(): Promise<TemporaryPostgres> {
  if (postgresPrograms === undefined) throw new Error('PostgreSQL is not installed')
  const programs = postgresPrograms
  const home = await mkdtemp(join(tmpdir(), 'tender-pg-'))
  const isRoot = process.getuid?.() === 0
  if (isRoot) await chown(home, idOf('-u'), idOf('-g'))
  const data = join(home, 'data')
  const as = (program: string, ...args: string[]) => {
    const command = [join(programs, program), ...args]
    const [file = '', ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command
    // Its log goes to a file: a server that holds our pipes would keep us waiting.
    return run(file, rest, { cwd: home })
  }
  await as('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8')
  const settings = `-c listen_addresses= -c unix_socket_directories=${home} -c fsync=off -c max_connections=60`
  const start = () => as('pg_ctl', '-D', data, '-w', '-l', join(home, 'log'), '-o', settings, 'start')
  const stop = () => as('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop')
  await start()
  const url = (database: string) => `postgres://postgres@/${database}?host=${encodeURIComponent(home)}`
  let count = 0
  return {
    async createDatabase() {
      count += 1
      const name = `test${count}`
      const client = new pg.Client({ connectionString: url('postgres') })
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return url(name)
    },
    async restart() {
      await stop()
      await start()
    },
    async stop() {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function findPrograms(): string | undefined {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').sort((a, b) => versionOf(b) - versionOf(a))[0]
  return found !== undefined && existsSync(found) ? dirname(found) : undefined
}

function versionOf(path: string): number {
  return Number(path.split('/')[4])
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
}
