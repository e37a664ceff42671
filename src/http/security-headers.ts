import type { ServerResponse } from 'node:http'

// Pages load only what this server serves; nobody may frame them.
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const dataPolicy = "default-src 'none'; frame-ancestors 'none'"

/**
 * Sets what every answer carries. HSTS only under a certificate that the operator gave: with one of our own making a
 * browser would otherwise take away the button by which people pass its warning.
 */
export function setSecurityHeaders(response: ServerResponse, path: string, strictTransport: boolean): void {
  response.setHeader('Content-Security-Policy', isPage(path) ? pagePolicy : dataPolicy)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Frame-Options', 'DENY')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  if (strictTransport) response.setHeader('Strict-Transport-Security', 'max-age=31536000')
}

const isPage = (path: string) => path.startsWith('/ui/') || path === '/docs' || path.startsWith('/docs/')
