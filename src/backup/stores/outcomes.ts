// What a store may answer besides bytes, told apart by class: nothing else may be taken for "absent".
import { ArxError, EXIT } from '../../errors.ts'

/** The store itself says that there is no such object. */
export class ObjectAbsent extends ArxError {
  constructor(where: string, key: string) {
    super({ code: 'object-absent', message: `${where} has no ${key}` })
    this.name = 'ObjectAbsent'
  }
}

/** There is one already, and it was left alone. */
export class ObjectExists extends ArxError {
  constructor(where: string, key: string) {
    super({ code: 'object-exists', message: `${where} has a ${key} already`, exit: EXIT.refused })
    this.name = 'ObjectExists'
  }
}

/** The store will not let go of it: Object Lock, a legal hold, a read-only folder. */
export class RemovalRefused extends ArxError {
  constructor(where: string, key: string, why: string) {
    super({ code: 'removal-refused', message: `${where} does not let go of ${key}`, detail: why, exit: EXIT.refused })
    this.name = 'RemovalRefused'
  }
}
