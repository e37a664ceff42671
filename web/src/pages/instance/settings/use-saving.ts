import { useMutation } from '@tanstack/react-query'

type Step = () => Promise<unknown>

/** Changes that are asked for one after the other: each of them takes the guest for itself. */
export const useSaving = () =>
  useMutation({
    mutationFn: async (steps: readonly (Step | false)[]) => {
      for (const step of steps) if (step) await step()
    },
  })
