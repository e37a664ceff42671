export const instance = {}
