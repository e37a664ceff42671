export const compute = {}
