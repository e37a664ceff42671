import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached, succeed } from './cache.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export type TinyVariant = {
  /** What waits on ttyS0: a login prompt (root has the password tiny-first) or a root shell. */
  serial: 'login' | 'shell'
}

/**
 * Path of the tiny guest's disk image: qcow2 of 64 MiB that boots by itself in BIOS and in UEFI, prints
 * `TINY READY` on ttyS0, runs the real guest agent and has a root shell on the screen. Copy it, never boot it
 * where it is.
 */
export async function buildTinyGuest({ serial }: TinyVariant): Promise<string> {
  const parts = (await readdir(here('./tiny'))).sort()
  return cached({
    name: `tiny-${serial}.qcow2`,
    program: here('./tiny-guest.sh'),
    args: [serial],
    inputs: parts.map((part) => here(`./tiny/${part}`)),
    packages: [
      'linux-image-cloud-amd64',
      'busybox-static',
      'qemu-guest-agent',
      'passwd',
      'syslinux',
      'systemd-boot-efi',
    ],
  })
}

/** Writes an ISO 9660 image with these files (path inside → content); long names are kept (Rock Ridge, Joliet). */
export async function makeIso(
  path: string,
  files: Record<string, string | Buffer>,
  volumeName = 'TESTDATA',
): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'nacelle-iso-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(tree, name)), { recursive: true })
      await writeFile(join(tree, name), content)
    }
    await succeed('genisoimage', ['-quiet', '-J', '-R', '-V', volumeName, '-o', path, tree])
    return path
  } finally {
    await rm(tree, { recursive: true, force: true })
  }
}
