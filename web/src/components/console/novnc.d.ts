/// <reference types="novnc__novnc" />
// The types know the package by the path that it had before it became a module.
declare module '@novnc/novnc' {
  import NoVncClient from '@novnc/novnc/lib/rfb'
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default NoVncClient
}
