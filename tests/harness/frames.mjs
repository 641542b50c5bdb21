// A connection whose frames are not AG-UI events (docs/protocol.md section 8).

import { Socket } from './socket.mjs';

/**
 * Connects, sends one message and collects frames until `done` returns true for them. Then it waits for a pong, so that
 * superfluous frames are among those returned.
 * @param {import('node:test').TestContext} t
 * @param {{query?: Record<string, string>, message: unknown, done: (frames: any[]) => unknown}} how
 * @returns {Promise<{frames: any[], times: number[]}>} `times`: milliseconds after the message was sent
 */
export async function framesOf(t, { query, message, done }) {
  const socket = await Socket.open({ query });
  t.after(() => socket.terminate());
  const sentAt = Date.now();
  socket.send(message);
  await socket.until('the last frame', () => done(nonEmpty(socket).map(({ value }) => value)), 30_000);
  socket.send({ action: 'ping' });
  const alive = await socket.until('a pong', () => nonEmpty(socket).find(({ value }) => value.type === 'pong'));
  const received = nonEmpty(socket).filter(({ at, value }) => value.type !== 'pong' && at <= alive.at);
  return { frames: received.map(({ value }) => value), times: received.map(({ at }) => at - sentAt) };
}

/** Frames with content; empty ones only keep the connection open. @param {Socket} socket */
function nonEmpty(socket) {
  return socket.frames.filter(({ text }) => text !== '').map(({ text, at }) => ({ at, value: parsed(text) }));
}

/** Parses a JSON object; other text stays as it is. @param {string} text */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}
