import { constants, createReadStream } from 'node:fs'
import { chmod, copyFile, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { VolumeCommands } from '../../core/volume-commands.ts'
import { checkFormat, checkVolumeName, formatOf, partialSuffix } from '../../core/volume-names.ts'
import type {
  CopyRequest,
  Progress,
  StoreCapabilities,
  StoredVolume,
  UploadTarget,
  VolumeInfo,
  VolumeLocation,
  VolumeStore,
} from '../../core/volumes.ts'
import * as qemuImg from '../qemu-img/qemu-img.ts'
import { createFileCommands, quarantineDirectory } from './commands.ts'
import {
  createPrivateFile,
  fileExists,
  filesIn,
  isMissing,
  makeDirectory,
  moveFile,
  publish,
  removeFiles,
  syncDirectory,
  syncFile,
} from './files.ts'
import { openDirUpload } from './upload.ts'
import { virtualSize } from './virtual-size.ts'

// QEMU's own account must pass through the directory to files that libvirt hands to it; nobody may list it.
const passOnly = 0o711
const rootOnly = 0o700

/** Volumes as files of one flat directory, which needs nothing but a file system. */
export class DirStore implements VolumeStore {
  readonly capabilities: StoreCapabilities = {
    shared: false,
    thinClone: true,
    snapshots: 'layers',
    onlineResize: true,
    incremental: true,
    diskFormat: 'qcow2',
    files: true,
  }
  readonly commands: VolumeCommands
  readonly #root: string
  readonly #quarantine: string

  constructor(directory: string) {
    this.#root = resolve(directory)
    this.commands = createFileCommands(this.#root)
    this.#quarantine = join(this.#root, quarantineDirectory)
  }

  async probe(): Promise<void> {
    try {
      await makeDirectory(this.#root, passOnly)
      await chmod(this.#root, passOnly)
      await makeDirectory(this.#quarantine, rootOnly)
      const test = join(this.#root, '.probe')
      await createPrivateFile(test)
      await rm(test)
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause)
      throw new AppError(
        'unavailable',
        `the storage directory ${this.#root} cannot be used: ${words}; ` +
          `make it writable for the appliance, or change the pool's target`,
        { cause },
      )
    }
  }

  async usage() {
    const { blocks, bavail, bsize } = await statfs(this.#root)
    const quarantined = await this.#filesIn(this.#quarantine)
    return {
      totalBytes: blocks * bsize,
      freeBytes: bavail * bsize,
      quarantinedBytes: quarantined.reduce((sum, file) => sum + file.allocatedBytes, 0),
    }
  }

  async list(): Promise<StoredVolume[]> {
    const inUse = (await filesIn(this.#root)).map((file) => ({ ...file, quarantined: false }))
    const quarantined = (await this.#filesIn(this.#quarantine)).map((file) => ({
      ...file,
      quarantined: true,
    }))
    return [...inUse, ...quarantined].map((file) => ({ ...file, partial: file.name.endsWith(partialSuffix) }))
  }

  async exists(name: string): Promise<boolean> {
    return fileExists(this.#path(name))
  }

  async create(name: string, request: { sizeBytes: number; format: 'qcow2' | 'raw' }): Promise<void> {
    checkFormat(name, request.format)
    const shape = { virtualSizeBytes: request.sizeBytes, parent: null }
    await this.#make(name, shape, (path) => {
      return qemuImg.createImage({ path, format: request.format }, request.sizeBytes)
    })
  }

  async clone(name: string, request: { parent: string; sizeBytes: number }): Promise<void> {
    checkFormat(name, 'qcow2')
    const neededBytes = await virtualSize(await this.#existing(request.parent))
    if (neededBytes > request.sizeBytes)
      throw new AppError(
        'invalid',
        `a clone of '${request.parent}' needs at least ${neededBytes} bytes, not ${request.sizeBytes}`,
      )
    const shape = { virtualSizeBytes: request.sizeBytes, parent: request.parent }
    await this.#make(name, shape, (path) => {
      return qemuImg.createOverlay(path, this.#file(request.parent), request.sizeBytes)
    })
  }

  async copy(name: string, request: CopyRequest, progress: Progress, signal: AbortSignal): Promise<void> {
    checkFormat(name, request.format)
    const source = typeof request.source === 'string' ? this.#location(request.source) : request.source
    const { virtualSizeBytes } = await qemuImg.locationInfo(source)
    await this.#make(name, { virtualSizeBytes, parent: null }, (path) => {
      return qemuImg.convertImage(source, { filename: path, format: request.format }, { progress, signal })
    })
  }

  async resize(name: string, sizeBytes: number): Promise<void> {
    const { virtualSizeBytes } = await this.info(name)
    if (virtualSizeBytes === sizeBytes) return
    if (virtualSizeBytes > sizeBytes)
      throw new AppError(
        'invalid',
        `volume '${name}' has ${virtualSizeBytes} bytes and cannot shrink to ${sizeBytes}`,
      )
    await this.#change(name, () => qemuImg.resizeImage(this.#file(name), sizeBytes))
  }

  async rebase(name: string, parent: string | null, progress: Progress, signal: AbortSignal): Promise<void> {
    if ((await this.#layer(name)).parent === parent) return
    const target = parent === null ? null : await this.#existing(parent)
    await this.#change(name, () => qemuImg.rebaseImage(this.#path(name), target, progress, signal))
  }

  async relink(name: string, parent: string | null): Promise<void> {
    if ((await this.#layer(name)).parent === parent) return
    const target = parent === null ? null : await this.#existing(parent)
    await this.#change(name, () => qemuImg.relinkImage(this.#path(name), target))
  }

  async commit(name: string, progress: Progress, signal: AbortSignal): Promise<void> {
    if (!(await this.exists(name))) return
    const { parent } = await this.#layer(name)
    if (parent === null)
      throw new AppError('conflict', `volume '${name}' stands on no other that it could be merged into`)
    const base = await this.#existing(parent)
    await this.#change(name, () => qemuImg.commitImage(this.#path(name), progress, signal))
    await syncFile(base.path)
    await this.remove(name)
  }

  async compact(name: string, progress: Progress, signal: AbortSignal): Promise<void> {
    const { parent } = await this.#layer(name)
    const target = {
      path: this.#path(name) + partialSuffix,
      parent: parent === null ? null : this.#file(parent),
    }
    try {
      await this.#change(name, async () => {
        await createPrivateFile(target.path)
        await qemuImg.compactImage(this.#file(name), target, { progress, signal })
        await publish(target.path, this.#path(name))
      })
    } catch (error) {
      await rm(target.path, { force: true })
      throw error
    }
  }

  async importFile(name: string, path: string): Promise<void> {
    const final = this.#path(name)
    const partial = final + partialSuffix
    await guardFull(name, async () => {
      await createPrivateFile(partial)
      await copyFile(path, partial, constants.COPYFILE_FICLONE)
      await publish(partial, final)
    })
  }

  async exportFile(name: string, path: string): Promise<void> {
    const { path: source } = await this.#existing(name)
    const partial = path + partialSuffix
    await createPrivateFile(partial)
    await copyFile(source, partial, constants.COPYFILE_FICLONE)
    await syncFile(partial)
    await rename(partial, path)
    await syncDirectory(dirname(path))
  }

  async info(name: string): Promise<VolumeInfo> {
    const file = await this.#existing(name)
    const { format, virtualSizeBytes, allocatedBytes, backingPath } = await qemuImg.imageInfo(file)
    const storedBytes = (await stat(file.path)).size
    return { format, virtualSizeBytes, allocatedBytes, storedBytes, parent: this.#nameOf(backingPath) }
  }

  async quarantine(name: string): Promise<void> {
    const [path, hidden] = [this.#path(name), this.#hiddenPath(name)]
    if (!(await fileExists(path))) return
    if (await fileExists(hidden))
      throw new AppError('conflict', `another volume '${name}' is in quarantine: purge that one first`)
    await moveFile(path, hidden)
  }

  async undelete(name: string): Promise<void> {
    const [path, hidden] = [this.#path(name), this.#hiddenPath(name)]
    const [present, deleted] = [await fileExists(path), await fileExists(hidden)]
    if (present && !deleted) return
    if (present)
      throw new AppError('conflict', `another volume has the name '${name}' now: it cannot be brought back`)
    if (!deleted) throw missingVolume(name)
    await moveFile(hidden, path)
  }

  async purge(name: string): Promise<void> {
    await removeFiles(this.#hiddenPath(name))
  }

  async remove(name: string): Promise<void> {
    if (name.endsWith(partialSuffix)) {
      const path = this.#path(name.slice(0, -partialSuffix.length))
      return removeFiles(path + partialSuffix)
    }
    const path = this.#path(name)
    await removeFiles(path, path + partialSuffix)
  }

  source(name: string, format: 'qcow2' | 'raw') {
    checkFormat(name, format)
    return { kind: 'file' as const, path: this.#path(name), format }
  }

  async location(name: string) {
    await this.#existing(name)
    return this.#location(name)
  }

  async openUpload(name: string, wholeBytes?: number): Promise<UploadTarget> {
    const path = this.#path(name)
    if (await fileExists(path))
      throw new AppError('conflict', `volume '${name}' is complete already: upload under another name`)
    const final = (finalName: string) => this.#path(finalName)
    return openDirUpload({ directory: this.#root, partial: path + partialSuffix, final, name }, wholeBytes)
  }

  async read(name: string, range?: { start: number; end: number }) {
    const { path } = await this.#existing(name)
    const { size } = await stat(path)
    const file = await open(path, 'r')
    const limits = range ? { start: range.start, end: range.end } : {}
    const stream = createReadStream('', { fd: file, highWaterMark: 1024 * 1024, ...limits })
    return { stream, sizeBytes: size }
  }

  /** Makes a volume under its partial name, then publishes it; one of the same shape is taken as made already. */
  async #make(
    name: string,
    shape: { virtualSizeBytes: number; parent: string | null },
    fill: (path: string) => Promise<void>,
  ): Promise<void> {
    const path = this.#path(name)
    if (await fileExists(path)) return this.#requireShape(name, shape)
    const partial = path + partialSuffix
    try {
      await guardFull(name, async () => {
        await createPrivateFile(partial)
        await fill(partial)
        await publish(partial, path)
      })
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
  }

  async #requireShape(name: string, shape: { virtualSizeBytes: number; parent: string | null }) {
    const found = await this.info(name)
    if (found.virtualSizeBytes !== shape.virtualSizeBytes || found.parent !== shape.parent)
      throw new AppError(
        'conflict',
        `volume '${name}' exists with another shape: ${found.virtualSizeBytes} bytes, parent ${found.parent}`,
      )
  }

  async #change(name: string, change: () => Promise<void>): Promise<void> {
    try {
      await guardFull(name, change)
    } catch (cause) {
      if (!qemuImg.saysInUse(cause)) throw cause
      throw new AppError('conflict', `volume '${name}' is open in a running guest: stop it first`, { cause })
    }
    await syncFile(this.#path(name))
  }

  async #layer(name: string): Promise<VolumeInfo> {
    if (formatOf(name) === 'raw')
      throw new AppError('unsupported', `volume '${name}' is raw: only qcow2 can stand on a parent`)
    return this.info(name)
  }

  async #existing(name: string): Promise<qemuImg.ImageFile> {
    const file = this.#file(name)
    if (!(await fileExists(file.path))) throw missingVolume(name)
    return file
  }

  // Nothing is in quarantine before the directory is made.
  async #filesIn(directory: string) {
    try {
      return await filesIn(directory)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  #location(name: string): VolumeLocation {
    return { filename: this.#path(name), format: formatOf(name) }
  }

  #file(name: string): qemuImg.ImageFile {
    return { path: this.#path(name), format: formatOf(name) }
  }

  #path(name: string): string {
    checkVolumeName(name)
    return join(this.#root, name)
  }

  #hiddenPath(name: string): string {
    checkVolumeName(name)
    return join(this.#quarantine, name)
  }

  #nameOf(path: string | null): string | null {
    return path !== null && dirname(path) === this.#root ? path.slice(this.#root.length + 1) : path
  }
}

const missingVolume = (name: string) =>
  new AppError('not_found', `there is no volume '${name}' on the pool`, {
    details: { noun: 'volume', key: name },
  })

async function guardFull(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    if (!qemuImg.saysFull(cause) && (cause as NodeJS.ErrnoException)?.code !== 'ENOSPC') throw cause
    throw new AppError('insufficient_capacity', `the pool is full: '${name}' was not written`, { cause })
  }
}
