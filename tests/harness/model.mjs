// The model that the simulator plays (`LONGWIRE_MODEL_ID`), as far as tests depend on it.

const MODEL = process.env.LONGWIRE_MODEL_ID || 'anthropic.claude';

/** The model takes its own reasoning back. */
export const RETURNS_REASONING = MODEL.includes('anthropic.claude');
