import { createLink } from '@tanstack/react-router'
import type { VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { buttonLook } from './Button.tsx'
import { cn } from './cn.ts'

function Anchor({ look, size, className, ...rest }: ComponentProps<'a'> & VariantProps<typeof buttonLook>) {
  return <a className={cn(buttonLook({ look, size }), className)} {...rest} />
}

/** A link within the page that looks like a button. */
export const ButtonLink = createLink(Anchor)
