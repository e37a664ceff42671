export const tag = 'Guests'

/** Both generations of paths: `/guest/{id}/…` of the document and `/guests/{id}/…` of newer clients. */
export const changePath = (rest: string) => ({ path: `/guest/:id/${rest}`, aliases: [`/guests/:id/${rest}`] })
