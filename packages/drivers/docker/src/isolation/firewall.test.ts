import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { createFirewall } from './firewall.ts'
import { noEngine } from './testEngine.ts'

/** Runs lines of a program in a network namespace of its own, where no other test's rules are; gives what it printed. */
function inNamespace(lines: string): string[] {
  const load = `import(${JSON.stringify(new URL('./firewall.ts', import.meta.url).href)})`
  const program = `
    const { execSync } = process.getBuiltinModule('node:child_process')
    const { createFirewall } = await ${load}
    const sh = (line) => execSync(line, { encoding: 'utf8' })
    const soon = () => AbortSignal.timeout(60000)
    const rules = () => sh('iptables -S') + sh('ip6tables -S')
    const firewall = createFirewall({ forbidden: ['8.9.10.11'] })
    ${lines}`
  const args = ['-n', process.execPath, '--input-type=module', '-e', program]
  const { stdout, stderr, status } = spawnSync('unshare', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split('\n---\n')
}

const docker = `sh('iptables -N DOCKER-USER && iptables -A DOCKER-USER -j RETURN && iptables -I FORWARD -j DOCKER-USER');`

describe.skipIf(noEngine)('the firewall', () => {
  test('comes first, however often and after whatever it is put in force', () => {
    const [once, twice, mended] = inNamespace(`${docker}
      await firewall.ensure(soon())
      console.log(rules() + '---')
      await firewall.ensure(soon())
      console.log(rules() + '---')
      sh('iptables -I INPUT -j ACCEPT && iptables -I DOCKER-USER -j ACCEPT && ip6tables -F && iptables -F FORWARD')
      await firewall.ensure(soon())
      console.log(rules())`)
    expect(twice).toBe(once)
    expect(once).toContain('-A TENDER-FORWARD -d 8.9.10.11/32 -i tdr-i+')
    const after = (mended ?? '').split('\n')
    for (const [hook, chain] of [
      ['INPUT', 'TENDER-INPUT'],
      ['DOCKER-USER', 'TENDER-FORWARD'],
      ['FORWARD', 'DOCKER-USER'],
    ])
      expect(after.find((rule) => rule.startsWith(`-A ${hook} `))).toBe(`-A ${hook} -j ${chain}`)
    expect(after.filter((rule) => rule.endsWith('-j TENDER-INPUT'))).toHaveLength(2)
  })

  test('leaves nothing', () => {
    const [before, after] = inNamespace(`${docker}
      console.log(rules() + '---')
      await firewall.ensure(soon())
      await firewall.remove(soon())
      await firewall.remove(soon())
      console.log(rules())`)
    expect(after).toBe(before)
  })

  test('says so where Docker does not use this iptables', () => {
    const [code] = inNamespace(`await firewall.ensure(soon()).catch((error) => console.log(error.code))`)
    expect(code).toBe('firewallFailed')
  })

  test('refuses what is no address', () => {
    expect(() => createFirewall({ forbidden: ['example.org'] })).toThrow(/not a range/)
  })
})
