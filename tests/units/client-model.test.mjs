// Thousands of random runs with crashes, late posts, lost frames and reloads: each client ends with exactly the valid
// events. `MODEL_SEED=n` plays one of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ClientState } from '../harness/client-state.mjs';
import { random } from '../harness/random.mjs';
import { Server } from './server.mjs';

/** @typedef {import('../harness/client-state.mjs').Request} Request */
/** @typedef {import('../harness/random.mjs').Random} Random */

const RUNS = 3000;
/** Most turns of a run. */
const TURNS = 6000;
/** Time that a turn takes, in milliseconds. */
const TURN_MS = 50;

/** One client, its connection and its cursor on the server. */
class Peer {
  state = new ClientState({ retry: true });
  connected = true;
  cursor = 0;
  /** @type {any[]} events in flight */
  network = [];

  /** @param {Request[]} requests @param {Server} server */
  send(requests, server) {
    for (const request of requests) {
      if (request.action === 'resume') this.cursor = server.cursorOf(/** @type {any} */ (request));
    }
  }
}

/** @param {Peer} peer @param {Server} server @param {Random} random @param {number} now */
function disturb(peer, server, { chance, pick }, now) {
  const luck = chance();
  if (luck < 0.015 && !server.ended) {
    peer.connected = false;
    peer.network = [];
  } else if (!peer.connected && (luck < 0.035 || server.ended)) {
    peer.connected = true;
    // A page is reloaded, but not after the run's end: a client must become complete without a reload.
    if (chance() < 0.2 && !server.ended) {
      peer.state = new ClientState({ retry: true });
      peer.state.subscribe('r', 't', now);
    }
    peer.send(peer.state.opened(now), server);
  } else if (luck < 0.045 && peer.connected && server.stale.length > 0) {
    // A post of a worker that lost the run, with all its events.
    peer.network.push(...pick(server.stale));
  } else if (luck < 0.055 && peer.network.length > 0) {
    // A frame is lost without an error.
    peer.network.shift();
  }
}

/** @param {Peer} peer @param {Server} server @param {Random} random @param {number} now */
function exchange(peer, server, { chance, below }, now) {
  if (!peer.connected) return;
  peer.send(peer.state.due(now), server);
  if (chance() < 0.6) {
    const posted = server.buffer.slice(peer.cursor, peer.cursor + 1 + below(4));
    peer.cursor += posted.length;
    peer.network.push(...posted);
  }
  if (peer.network.length === 0 || chance() > 0.8) return;
  for (const event of peer.network.splice(0, 1 + below(peer.network.length))) peer.state.received(event, now);
}

/** @param {number} seed */
function play(seed) {
  const chances = random(seed);
  const server = new Server(chances);
  const peers = [new Peer(), new Peer()];
  for (const peer of peers) peer.send([peer.state.subscribe('r', 't', 0)], server);
  const complete = () => server.ended && peers.every(({ state }) => state.runs.get('r')?.ended);
  for (let turn = 0; turn < TURNS && !complete(); turn += 1) {
    if (chances.chance() < 0.35) server.produce();
    else if (chances.chance() < 0.03) {
      const cursor = server.crash();
      for (const peer of peers) peer.cursor = cursor ?? peer.cursor;
    }
    for (const peer of peers) {
      disturb(peer, server, chances, turn * TURN_MS);
      exchange(peer, server, chances, turn * TURN_MS);
    }
  }
  for (const { state } of peers) assert.deepEqual(state.runs.get('r')?.events, server.log, `MODEL_SEED=${seed}`);
}

test(`each client of ${RUNS} random runs ends with exactly the valid events`, () => {
  const one = process.env.MODEL_SEED;
  for (let seed = 1; seed <= RUNS; seed += 1) play(one ? Number(one) : seed);
});
