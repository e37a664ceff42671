/** Login, and the first administrator. */
export const signIn = {
  title: 'Sign in to Nacelle',
  again: 'Your session has ended. Sign in again, and go on where you were.',
  user: 'User name',
  password: 'Password',
  submit: 'Sign in',
  firstTitle: 'Set up this appliance',
  firstText:
    'Nobody has an account yet. Make the first administrator with the one-time code that the appliance shows on its console and in its journal (journalctl --unit nacelle).',
  code: 'One-time code',
  repeat: 'Password again',
  passwordsDiffer: 'The two passwords differ.',
  passwordHint: 'At least {{count}} characters.',
  firstSubmit: 'Make the administrator',
}
