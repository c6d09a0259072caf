// The console's words about coming in, in English: log-in, set-up, a new app.
export const entry = {
  slogan: 'Your live rooms, on your own server',
  lines:
    'Speaks the API of WeChat mini-program live: change the host name and your back end works. Data and pictures stay on your server.',
  login: 'Log in',
  loginTitle: 'Log in · Kaibo console',
  loginNote: 'Log in to the Kaibo console',
  loginAgain: 'You will return to the page you were on',
  name: 'Account',
  nameHint: 'Used to log in; any name you like',
  password: 'Password',
  passwordHint: 'At least {least} characters; mix letters, digits and symbols',
  passwordAgain: 'Password again',
  passwordShort: 'At least {least} characters',
  passwordDiffers: 'The two passwords differ',
  strength: { tooShort: 'Too short', weak: 'Weak, easy to guess', fair: 'Fair', strong: 'Strong' },
  wait: 'Wait {seconds} s',
  forgot: 'Forgot it? On the server, run',
  setup: 'Create the owner',
  setupTitle: 'Set-up · Kaibo console',
  setupNote: 'First use: choose the account you will log in with.',
  setupSubmit: 'Create and log in',
  closed: 'This set-up link no longer works',
  closedNote:
    'The owner may exist already, or the link is incomplete. Log in, or look for the newest link in the server’s start-up output.',
  toLogin: 'Log in',
};

export const app = {
  new: 'New app',
  switch: 'Switch app, now: {name}',
  newTitle: 'New app · Kaibo console',
  newNote: 'An app stands for one mini program or shop with its own rooms, hosts and credentials.',
  name: 'App name',
  namePlaceholder: 'e.g. Flower Lane',
  nameHint: 'Usually the name of the shop; hosts see it when they are verified',
  own: 'Keep an AppID you have (optional)',
  ownHint:
    'When you move from WeChat, enter your mini program’s AppID and your code stays as it is. Left empty, one is made.',
  create: 'Create app',
  made: 'App created',
  madeNote: 'Your back end calls the API with these credentials. Keep them safe.',
  once: 'The AppSecret is shown this once and cannot be read again.',
  enter: 'Saved, go to the console',
  unknown: 'There is no such app',
};
