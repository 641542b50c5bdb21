// Thousands of random runs: whatever dies, is woken, lost or loaded anew, each client ends with exactly the lines
// that stand. `MODEL_SEED=n` plays one of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Book } from '../harness/book.mjs';
import { random } from '../harness/random.mjs';
import { Server } from './model.mjs';

const RUNS = 3000;
/** The longest of them. */
const TURNS = 6000;
/** What one turn takes, for the client's patience. */
const TURN_MS = 50;

/** One client, its connection and what the server has for it. */
class Peer {
  book = new Book('until answered');
  up = true;
  cursor = 0;
  /** @type {any[]} lines on their way */
  net = [];

  /** @param {any[]} messages */
  says(messages, server) {
    for (const message of messages) if (message.action === 'resume') this.cursor = server.from(message);
  }
}

/** @param {Peer} peer @param {Server} server @param {any} chances @param {number} now */
function weather(peer, server, { chance, pick }, now) {
  const luck = chance();
  if (luck < 0.015 && !server.ended) {
    peer.up = false;
    peer.net = [];
  } else if (!peer.up && (luck < 0.035 || server.ended)) {
    peer.up = true;
    // A page that is loaded anew, but not after the end: a client must not need that to be whole.
    if (chance() < 0.2 && !server.ended) {
      peer.book = new Book('until answered');
      peer.book.watches('r', 't', now);
    }
    peer.says(peer.book.opened(now), server);
  } else if (luck < 0.045 && peer.up && server.zombies.length > 0) {
    // A post that was already under way, with all its lines.
    peer.net.push(...pick(server.zombies));
  } else if (luck < 0.055 && peer.net.length > 0) {
    // A frame is lost and the connection does not know.
    peer.net.shift();
  }
}

/** @param {Peer} peer @param {Server} server @param {any} chances @param {number} now */
function exchange(peer, server, { chance, below }, now) {
  if (!peer.up) return;
  peer.says(peer.book.due(now), server);
  if (chance() < 0.6) {
    const posted = server.memory.slice(peer.cursor, peer.cursor + 1 + below(4));
    peer.cursor += posted.length;
    peer.net.push(...posted);
  }
  if (peer.net.length === 0 || chance() > 0.8) return;
  for (const line of peer.net.splice(0, 1 + below(peer.net.length))) peer.book.hears(line, now);
}

/** @param {number} seed */
function play(seed) {
  const chances = random(seed);
  const server = new Server(chances);
  const peers = [new Peer(), new Peer()];
  for (const peer of peers) peer.says([peer.book.watches('r', 't', 0)], server);
  const whole = () => server.ended && peers.every(({ book }) => book.runs.get('r')?.ended);
  for (let turn = 0; turn < TURNS && !whole(); turn += 1) {
    if (chances.chance() < 0.35) server.produce();
    else if (chances.chance() < 0.03) {
      const after = server.crash();
      for (const peer of peers) peer.cursor = after ?? peer.cursor;
    }
    for (const peer of peers) {
      weather(peer, server, chances, turn * TURN_MS);
      exchange(peer, server, chances, turn * TURN_MS);
    }
  }
  for (const { book } of peers) assert.deepEqual(book.runs.get('r')?.lines, server.log, `MODEL_SEED=${seed}`);
}

test(`${RUNS} random runs: every client has exactly the lines that stand`, () => {
  const one = process.env.MODEL_SEED;
  for (let seed = 1; seed <= RUNS; seed += 1) play(one ? Number(one) : seed);
});
