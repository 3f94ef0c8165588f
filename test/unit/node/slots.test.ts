import { expect, test } from 'vitest'
import { Slots } from '../../../src/node/slots.ts'

const slots = (count: number, waitingMax: number) =>
  new Slots({ count, waitingMax, busy: () => new Error('busy') })
const patient = { timeoutMs: 60_000 }

test('slots - turns are taken in order, as many at a time as there are', async () => {
  const two = slots(2, 2)
  const order: string[] = []
  const first = await two.take(patient)
  const second = await two.take(patient)
  const third = two.take(patient).then((end) => {
    order.push('third')
    return end
  })
  const fourth = two.take(patient).then((end) => {
    order.push('fourth')
    return end
  })
  await expect(two.take(patient)).rejects.toThrow('busy')
  expect(order).toEqual([])
  first()
  first() // ends one turn only
  const endThird = await third
  expect(order).toEqual(['third'])
  second()
  const endFourth = await fourth
  endThird()
  endFourth()
  const again = await Promise.all([two.take(patient), two.take(patient)])
  for (const end of again) end()
})

test('slots - who gives up, or waits too long, takes no turn', async () => {
  const one = slots(1, 2)
  const end = await one.take(patient)
  const given = new AbortController()
  const abandoned = one.take({ ...patient, signal: given.signal })
  const late = one.take({ timeoutMs: 1 })
  await expect(late).rejects.toMatchObject({ code: 'CALL_TIMEOUT', outcome: 'not-applied' })
  given.abort(new Error('gone'))
  end() // in the same turn: nobody is waiting any more
  await expect(abandoned).rejects.toMatchObject({ code: 'CALL_ABORTED', outcome: 'not-applied' })
  const next = await one.take(patient)
  next()
  await expect(one.take({ ...patient, signal: given.signal })).rejects.toMatchObject({ code: 'CALL_ABORTED' })
})
