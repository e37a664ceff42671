export const consoles = {}
