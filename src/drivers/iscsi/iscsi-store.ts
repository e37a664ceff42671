import { AppError } from '../../core/errors.ts'
import { checkFormat, checkVolumeName, partialSuffix } from '../../core/volume-names.ts'
import type {
  CopyRequest,
  LunClaim,
  LunClaims,
  Progress,
  StoreCapabilities,
  StoredVolume,
  UploadTarget,
  VolumeInfo,
  VolumeLocation,
  VolumeStore,
} from '../../core/volumes.ts'
import { convertImage, locationInfo } from '../qemu-img/qemu-img.ts'
import { wipe } from './content.ts'
import type { Initiator, Lun } from './lun.ts'
import { LunChooser, literalName } from './luns.ts'
import { refusedHere } from './refused.ts'

/** Volumes as LUNs of one target: each is one disk, claimed in the record, wiped before another one gets it. */
export class IscsiStore implements VolumeStore {
  readonly capabilities = {
    shared: true,
    thinClone: false,
    snapshots: 'none',
    onlineResize: true,
    incremental: false,
    diskFormat: 'raw',
    files: false,
  } satisfies StoreCapabilities
  readonly #initiator: Initiator
  readonly #claims: LunClaims
  readonly #luns: LunChooser

  constructor(initiator: Initiator, claims: LunClaims) {
    this.#initiator = initiator
    this.#claims = claims
    this.#luns = new LunChooser(initiator, claims)
  }

  async probe(): Promise<void> {
    await this.#initiator.attach()
    if ((await this.#initiator.luns()).length === 0)
      throw new AppError('unavailable', 'the iSCSI target offers no disk: map a LUN to this host first')
  }

  /** The session is back, where it was lost. */
  async keep(): Promise<void> {
    await this.#initiator.attach()
  }

  state() {
    return { initiator: this.#initiator.kind }
  }

  async usage() {
    const luns = await this.#initiator.luns()
    const free = await this.#luns.free(luns)
    const sum = (some: readonly Lun[]) => some.reduce((bytes, lun) => bytes + lun.sizeBytes, 0)
    const deleted = luns.filter((lun) => isDeleted(this.#luns.claimOf(lun.number)))
    return { totalBytes: sum(luns), freeBytes: sum(free), quarantinedBytes: sum(deleted) }
  }

  async list(): Promise<StoredVolume[]> {
    const volumes: StoredVolume[] = []
    for (const lun of await this.#initiator.luns()) {
      const claim = this.#luns.claimOf(lun.number)
      if (claim && claim.state !== 'free') volumes.push(listed(lun, claim))
      else if (!(await this.#luns.isBlank(lun))) volumes.push(foreign(lun))
    }
    return volumes
  }

  async exists(name: string): Promise<boolean> {
    checkVolumeName(name)
    return (await this.#find(name)) !== undefined
  }

  async create(name: string, request: { sizeBytes: number; format: 'qcow2' | 'raw' }): Promise<void> {
    checkVolumeName(name)
    checkFormat(name, request.format)
    requireRaw(request.format)
    if (this.#isMade(name, request.sizeBytes)) return
    await this.#settle(await this.#take(name, request.sizeBytes))
  }

  async copy(name: string, request: CopyRequest, progress: Progress, signal: AbortSignal): Promise<void> {
    checkVolumeName(name)
    checkFormat(name, request.format)
    requireRaw(request.format)
    signal.throwIfAborted()
    const source = typeof request.source === 'string' ? await this.location(request.source) : request.source
    const { virtualSizeBytes } = await locationInfo(source)
    const wantedBytes = Math.max(virtualSizeBytes, request.sizeBytes ?? 0)
    if (this.#isMade(name, wantedBytes)) return
    const claim = await this.#take(name, wantedBytes)
    const target = { ...this.#initiator.location(claim.lun), exists: 'zeroed' as const }
    try {
      await convertImage(source, target, { progress, signal })
    } catch (error) {
      await this.#free(claim)
      throw error
    }
    await this.#settle(claim)
  }

  async clone(): Promise<void> {
    throw refusedHere('thin clones')
  }

  async rebase(): Promise<void> {
    throw refusedHere('layers')
  }

  async relink(): Promise<void> {
    throw refusedHere('layers')
  }

  async commit(): Promise<void> {
    throw refusedHere('layers')
  }

  async importFile(name: string): Promise<void> {
    checkVolumeName(name)
    throw refusedHere('files')
  }

  async exportFile(name: string): Promise<void> {
    checkVolumeName(name)
    throw refusedHere('files')
  }

  async openUpload(name: string): Promise<UploadTarget> {
    checkVolumeName(name)
    throw refusedHere('files')
  }

  async read(name: string): Promise<{ stream: AsyncIterable<Uint8Array>; sizeBytes: number }> {
    checkVolumeName(name)
    throw refusedHere('files')
  }

  /** Follows a LUN that was grown at the target, since only there it can be. */
  async resize(name: string, sizeBytes: number): Promise<void> {
    const claim = await this.#existing(name)
    if (sizeBytes < claim.wantedBytes)
      throw new AppError(
        'invalid',
        `volume '${name}' was made for ${claim.wantedBytes} bytes and cannot shrink to ${sizeBytes}`,
      )
    const has = (await this.#initiator.sizeOf(claim.lun)) ?? 0
    if (has < sizeBytes)
      throw new AppError(
        'unsupported',
        `'${name}' is LUN ${claim.lun}, which has ${has} bytes: grow it to ${sizeBytes} at the target first, then ask again; ` +
          'pools of type dir, nfs and rbd grow by themselves',
      )
    if (claim.wantedBytes !== sizeBytes) await this.#claims.put({ ...claim, wantedBytes: sizeBytes })
  }

  async info(name: string): Promise<VolumeInfo> {
    const { lun } = await this.#existing(name)
    const sizeBytes = await this.#initiator.sizeOf(lun)
    if (sizeBytes === null) throw goneLun(name, lun)
    return {
      format: 'raw',
      virtualSizeBytes: sizeBytes,
      allocatedBytes: sizeBytes,
      storedBytes: sizeBytes,
      parent: null,
    }
  }

  async quarantine(name: string): Promise<void> {
    checkVolumeName(name)
    const claim = await this.#find(name)
    if (!claim) return
    if (this.#claimed(name, 'quarantined'))
      throw new AppError('conflict', `another volume '${name}' is in quarantine: purge that one first`)
    await this.#claims.put({ ...claim, state: 'quarantined' })
  }

  async undelete(name: string): Promise<void> {
    checkVolumeName(name)
    const [present, deleted] = [this.#claimed(name, 'ready'), this.#claimed(name, 'quarantined')]
    if (present && deleted)
      throw new AppError('conflict', `another volume has the name '${name}' now: it cannot be brought back`)
    if (deleted) await this.#claims.put({ ...deleted, state: 'ready' })
    else if (!present) throw missingVolume(name)
  }

  async purge(name: string): Promise<void> {
    checkVolumeName(name)
    const claim = this.#claimed(name, 'quarantined') ?? this.#claimed(name, 'wiping')
    if (claim) await this.#free(claim)
  }

  async remove(name: string): Promise<void> {
    const partialOnly = name.endsWith(partialSuffix)
    const base = partialOnly ? name.slice(0, -partialSuffix.length) : name
    checkVolumeName(base)
    const states = ['making', 'wiping', ...(partialOnly ? [] : ['ready' as const])] as const
    for (const state of states) {
      const claim = this.#claimed(base, state)
      if (claim) await this.#free(claim)
    }
  }

  source(name: string, format: 'qcow2' | 'raw') {
    checkFormat(name, format)
    requireRaw(format)
    const claim = this.#claimed(name, 'ready')
    const lun = claim?.lun ?? literalName.lun(name)
    if (lun === undefined) throw missingVolume(name)
    return this.#initiator.source(lun)
  }

  async location(name: string, snapshot?: string): Promise<VolumeLocation> {
    if (snapshot !== undefined) throw refusedHere('snapshots')
    await this.prepare(name)
    return this.#initiator.location((await this.#existing(name)).lun)
  }

  async prepare(name: string): Promise<void> {
    await this.#initiator.attach()
    const claim = await this.#existing(name)
    if ((await this.#initiator.sizeOf(claim.lun)) === null) throw goneLun(name, claim.lun)
    await this.#requireIdentity(claim)
  }

  async release(): Promise<void> {
    await this.#initiator.detach()
    await this.#claims.forget()
  }

  /** The claim of a name that is there, or of a LUN that nobody claims but which holds something. */
  async #find(name: string): Promise<LunClaim | undefined> {
    const claim = this.#claimed(name, 'ready')
    if (claim) return claim
    const lun = literalName.lun(name)
    if (lun === undefined || this.#luns.isTaken(lun)) return undefined
    const sizeBytes = await this.#initiator.sizeOf(lun)
    if (sizeBytes === null || (await this.#luns.isBlank({ number: lun, sizeBytes }))) return undefined
    return this.#luns.newClaim({ name, lun, state: 'ready', wantedBytes: sizeBytes })
  }

  async #existing(name: string): Promise<LunClaim> {
    checkVolumeName(name)
    const claim = await this.#find(name)
    if (!claim) throw missingVolume(name)
    return claim
  }

  #claimed(name: string, state: LunClaim['state']): LunClaim | undefined {
    return this.#claims.list().find((claim) => claim.name === name && claim.state === state)
  }

  #isMade(name: string, wantedBytes: number): boolean {
    const claim = this.#claimed(name, 'ready')
    if (claim && claim.wantedBytes !== wantedBytes)
      throw new AppError(
        'conflict',
        `volume '${name}' exists with another shape: made for ${claim.wantedBytes} bytes`,
      )
    return claim !== undefined
  }

  /** A blank LUN of our own, marked as half made; one that a crash left so is taken again. */
  async #take(name: string, wantedBytes: number): Promise<LunClaim> {
    const begun = this.#claimed(name, 'making')
    if (begun?.wantedBytes === wantedBytes) return this.#wiped(begun)
    if (begun) await this.#free(begun)
    const { claim, isWiped } = await this.#luns.take(name, wantedBytes)
    return isWiped ? claim : this.#wiped(claim)
  }

  async #wiped(claim: LunClaim): Promise<LunClaim> {
    await this.#wipe(claim)
    return claim
  }

  async #settle(claim: LunClaim): Promise<void> {
    await this.#claims.put({ ...claim, state: 'ready' })
  }

  async #free(claim: LunClaim): Promise<void> {
    const wiping = { ...claim, state: 'wiping' as const }
    await this.#claims.put(wiping)
    await this.#wipe(wiping)
    await this.#claims.put({ ...claim, name: literalName.of(claim.lun), state: 'free', wantedBytes: 0 })
    this.#luns.forgetContent(claim.lun)
  }

  async #wipe(claim: LunClaim): Promise<void> {
    const sizeBytes = await this.#initiator.sizeOf(claim.lun)
    // What the target has taken away cannot be wiped, and nobody can be given it.
    if (sizeBytes === null) return
    await this.#requireIdentity(claim)
    await wipe(this.#initiator.location(claim.lun), sizeBytes)
  }

  /** A target may give a number to another disk: that one is nobody's to read, let alone to wipe. */
  async #requireIdentity({ lun, name, identity }: LunClaim): Promise<void> {
    const now = `${this.#initiator.kind}:${await this.#initiator.identityOf(lun)}`
    const comparable = identity.split(':')[0] === this.#initiator.kind
    if (comparable && identity !== now)
      throw new AppError(
        'conflict',
        `LUN ${lun} is not the disk any more that '${name}' was put on (${identity}, now ${now}): mend the mapping at the target`,
      )
  }
}

const isDeleted = (claim: LunClaim | undefined) => claim?.state === 'quarantined' || claim?.state === 'wiping'

const listed = (lun: Lun, claim: LunClaim): StoredVolume => {
  const partial = claim.state === 'making' || claim.state === 'wiping'
  return {
    name: partial ? claim.name + partialSuffix : claim.name,
    sizeBytes: lun.sizeBytes,
    allocatedBytes: lun.sizeBytes,
    modifiedAt: claim.changedAt,
    quarantined: claim.state === 'quarantined',
    partial,
  }
}

const foreign = (lun: Lun): StoredVolume => ({
  name: literalName.of(lun.number),
  sizeBytes: lun.sizeBytes,
  allocatedBytes: lun.sizeBytes,
  modifiedAt: 0,
  quarantined: false,
  partial: false,
})

function requireRaw(format: 'qcow2' | 'raw'): void {
  if (format !== 'raw') throw refusedHere('qcow2 disks')
}

const missingVolume = (name: string) =>
  new AppError('not_found', `there is no volume '${name}' on the pool`, {
    details: { noun: 'volume', key: name },
  })

const goneLun = (name: string, lun: number) =>
  new AppError('unavailable', `the target offers LUN ${lun} of volume '${name}' no more`)
