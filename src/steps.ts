// Named points on the way of a job, told to whoever listens in this process: nobody, but for fault tests, which stop the
// process there. A channel without a listener costs one look at a property.
import { channel } from 'node:diagnostics_channel'

const steps = channel('arxdb:step')

/** Tells that the job has come to this point; `what` says of which object, where there are several. */
export function step(name: string, what = ''): void {
  if (steps.hasSubscribers) steps.publish(what ? `${name} ${what}` : name)
}
