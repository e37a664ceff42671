/** The same keys in another language; one without plurals has `_other` only. */
export type Translated<T> = { [K in keyof T as K extends `${string}_one` ? never : K]: string }
