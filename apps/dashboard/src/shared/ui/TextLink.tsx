import { createLink } from '@tanstack/react-router'
import type { ComponentProps } from 'react'
import { cn } from './cn.ts'

function Anchor({ className, ...rest }: ComponentProps<'a'>) {
  return <a className={cn('text-accent underline-offset-4 hover:underline', className)} {...rest} />
}

/** A link within the page that looks like one. */
export const TextLink = createLink(Anchor)
