/** Whether `./build.sh test --full` runs, or one that has no hurry. */
export const isLongSuite = process.env['NACELLE_TEST_FULL'] === '1'

/**
 * Those of `variants` that run now: all in the long suite, and in the short one those of which one of `kept` is true. What is
 * left out is said, so that nobody takes it for proved.
 */
export function variantsOf<T>(what: string, variants: readonly T[], isKept: (variant: T) => boolean): T[] {
  const chosen = variants.filter((variant) => isLongSuite || isKept(variant))
  const left = variants.length - chosen.length
  if (left > 0) console.log(`# ${what}: ${left} of ${variants.length} variants run in the long suite only`)
  return chosen
}
