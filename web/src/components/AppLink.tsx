import { Link } from '@tanstack/react-router'
import type { ComponentProps } from 'react'

/** A link within the pages whose path is put together elsewhere; where the path is literal, use the router's typed one. */
export function AppLink({ to, ...rest }: { to: string } & Omit<ComponentProps<'a'>, 'href' | 'ref'>) {
  return <Link to={to} {...rest} />
}
