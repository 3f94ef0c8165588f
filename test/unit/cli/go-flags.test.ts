import { describe, expect, test } from 'vitest'
import { type GoFlag, parseGoFlags } from '../../../src/cli/go-flags.ts'

const FLAGS: readonly GoFlag[] = [
  { name: 'name', kind: 'string', fallback: '', usage: '' },
  { name: 'fk', kind: 'bool', fallback: false, usage: '' },
  { name: 'tries', kind: 'int', fallback: 5, usage: '' },
  { name: 'snap', kind: 'uint', fallback: 8192, usage: '' },
  { name: 'wait', kind: 'duration', fallback: 3000, usage: '' },
]

function parse(...args: string[]) {
  const { given, rest, help } = parseGoFlags(new Map(FLAGS.map((flag) => [flag.name, flag])), args)
  return { given: Object.fromEntries(given), rest, help }
}

describe('Go flags', () => {
  test.each<[string[], object, string[]]>([
    [['-name', 'a', 'dir'], { name: 'a' }, ['dir']],
    [['--name=a', 'dir'], { name: 'a' }, ['dir']],
    [['-name=', 'dir'], { name: '' }, ['dir']],
    [['-name=a=b'], { name: 'a=b' }, []],
    // The next argument is the value, whatever it looks like.
    [['-name', '-fk', 'dir'], { name: '-fk' }, ['dir']],
    [['-fk', 'dir'], { fk: true }, ['dir']],
    [['-fk=false', 'dir'], { fk: false }, ['dir']],
    [['--fk=T'], { fk: true }, []],
    // A boolean takes no argument of its own: what follows ends the flags.
    [['-fk', 'false', '-name', 'a'], { fk: true }, ['false', '-name', 'a']],
    [['-tries', '-3', '-snap', '2', '-wait', '1h30m'], { tries: -3, snap: 2, wait: 5_400_000 }, []],
    [['-tries', '0x10', '-snap', '010'], { tries: 16, snap: 8 }, []],
    [['-tries=1', '-tries=2'], { tries: 2 }, []],
    [['dir', '-fk'], {}, ['dir', '-fk']],
    [['-fk', '--', '-name'], { fk: true }, ['-name']],
    [['-', '-fk'], {}, ['-', '-fk']],
    [[''], {}, ['']],
    [[], {}, []],
  ])('%j', (args, given, rest) => {
    expect(parse(...args)).toEqual({ given, rest, help: false })
  })

  test.each([['-h'], ['--help'], ['-help=1']])('%s - asks for help', (arg) => {
    expect(parse('-fk', arg, '-nonsense')).toMatchObject({ given: { fk: true }, help: true })
  })

  test.each([
    [['-x'], 'flag provided but not defined: -x'],
    [['--x=1'], 'flag provided but not defined: -x'],
    [['-name'], 'flag needs an argument: -name'],
    [['---name'], 'bad flag syntax: ---name'],
    [['-=a'], 'bad flag syntax: -=a'],
    [['-fk=maybe'], 'invalid boolean value "maybe" for -fk: parse error'],
    [['-tries', 'few'], 'invalid value "few" for flag -tries: parse error'],
    [['-tries', '1.5'], 'invalid value "1.5" for flag -tries: parse error'],
    [
      ['-tries', '99999999999999999999'],
      'invalid value "99999999999999999999" for flag -tries: value out of range',
    ],
    [['-snap', '-1'], 'invalid value "-1" for flag -snap: parse error'],
    [['-snap', ''], 'invalid value "" for flag -snap: parse error'],
    [['-wait', '3'], 'invalid value "3" for flag -wait: parse error'],
  ])('%j - refused as Go refuses it', (args, message) => {
    expect(() => parse(...args)).toThrow(expect.objectContaining({ code: 'COMMAND_LINE_INVALID', message }))
  })
})
