// A connection whose frames are not the canonical lines (docs/protocol.md section 8).

import { Socket } from './socket.mjs';

/**
 * Connects, sends one message, and collects the frames until `done` says so of them; then asks for a sign
 * of life, so that frames too many would be among those returned.
 * @param {import('node:test').TestContext} t
 * @param {{query?: Record<string, string>, message: unknown, done: (frames: any[]) => unknown}} how
 * @returns {Promise<{frames: any[], times: number[]}>} times: milliseconds after the message was sent
 */
export async function answerIn(t, { query, message, done }) {
  const socket = await Socket.open({ query });
  t.after(() => socket.vanish());
  const sentAt = Date.now();
  socket.send(message);
  await socket.until('the last frame', () => done(spoken(socket).map(({ value }) => value)), 30_000);
  socket.send({ action: 'ping' });
  const alive = await socket.until('a pong', () => spoken(socket).find(({ value }) => value.type === 'pong'));
  const heard = spoken(socket).filter(({ at, value }) => value.type !== 'pong' && at <= alive.at);
  return { frames: heard.map(({ value }) => value), times: heard.map(({ at }) => at - sentAt) };
}

/** Frames that say something: empty ones mean nothing. @param {Socket} socket */
function spoken(socket) {
  return socket.frames.filter(({ text }) => text !== '').map(({ text, at }) => ({ at, value: parsed(text) }));
}

/** JSON objects as such, words as they are. @param {string} text */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}
