// Features that every deployment has, and rooms, which those of the tests have.

export const FEATURES = [
  'approval',
  'history',
  'inbox',
  'notify',
  'push',
  'resume',
  'rooms',
  'run',
  'steer',
  'ticket',
  'tools',
];
