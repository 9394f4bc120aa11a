import fc from 'fast-check';

// Long enough for most properties to be drawn as often as they ask for.
fc.configureGlobal({ interruptAfterTimeLimit: 200 });
