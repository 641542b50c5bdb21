// Finds the process at the other end of a local connection. Linux only, because it reads /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** @typedef {{pid?: number, function?: string}} Caller */

/** Prefix of a function's deployed name; the rest is its folder's name. */
const PREFIX = 'longwire-';

/** Time between two scans, as a multiple of how long the last one took. It bounds the share of the time that scans take. */
const REST = 4;

/** @type {WeakMap<import('node:net').Socket, Promise<Caller>>} */
const known = new WeakMap();

/** Connections whose callers the next scan finds. @type {Map<import('node:net').Socket, (caller: Caller) => void>} */
const waiting = new Map();

/** Earliest time of the next scan, in milliseconds of `performance.now`. */
let rested = 0;

/**
 * Finds the function at the other end of a connection and remembers it. One scan of the processes answers for all
 * connections that wait for it: a scan costs tens of milliseconds when there are a hundred functions, and a proxy that scanned
 * for each new connection would be so slow that callers gave up and made further ones.
 * @param {import('node:net').Socket} socket
 * @returns {Promise<Caller>}
 */
export function callerOf(socket) {
  const caller = known.get(socket) ?? new Promise((resolve) => wait(socket, resolve));
  known.set(socket, caller);
  return caller;
}

/** @param {import('node:net').Socket} socket @param {(caller: Caller) => void} resolve */
function wait(socket, resolve) {
  if (waiting.size === 0) setTimeout(scan, Math.max(0, rested - performance.now()));
  waiting.set(socket, resolve);
}

function scan() {
  const began = performance.now();
  const inodes = inodesOfConnections();
  const holders = new Map(functionPids().flatMap(socketsOf));
  for (const [{ remotePort, localPort }, resolve] of waiting) {
    const pid = holders.get(inodes.get(`${remotePort} ${localPort}`) ?? '');
    resolve(pid ? { pid, function: functionName(pid)?.replace(PREFIX, '') } : {});
  }
  waiting.clear();
  rested = performance.now() + REST * (performance.now() - began);
}

/** Inodes of the local connections, by their two ports. @returns {Map<string, string>} */
function inodesOfConnections() {
  const lines = readFileSync('/proc/net/tcp', 'utf8').matchAll(/ 0100007F:(\w{4}) 0100007F:(\w{4}) (?:\S+ +){6}(\d+)/g);
  const port = (/** @type {string} */ hex) => Number.parseInt(hex, 16);
  return new Map([...lines].map(([, theirs, ours, inode]) => [`${port(theirs)} ${port(ours)}`, inode]));
}

/** @param {number} pid @returns {[string, number][]} the inodes of the sockets of a process */
function socketsOf(pid) {
  const folder = `/proc/${pid}/fd`;
  const links = namesIn(folder).map((name) => linkOf(`${folder}/${name}`) ?? '');
  return links.filter((link) => link.startsWith('socket:[')).map((link) => [link.slice(8, -1), pid]);
}

/** Lists the processes of functions, of all stacks. */
function functionPids() {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => linkOf(`/proc/${pid}/exe`)?.endsWith('/bootstrap'));
}

/** @param {number} pid @returns {string | undefined} the name its function was deployed with */
function functionName(pid) {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((each) => each.startsWith('AWS_LAMBDA_FUNCTION_NAME='))?.split('=')[1];
  } catch {
    return undefined;
  }
}

/** @param {string} folder @returns {string[]} */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} path @returns {string | undefined} */
function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Processes of a function of one stack.
 * @param {string} name its folder
 * @param {string} endpoint of the stack's @connections, which the function has in its environment
 * @returns {number[]}
 */
export function processesOf(name, endpoint) {
  return functionPids().filter((pid) => functionName(pid) === PREFIX + name && environmentHas(pid, endpoint));
}

/** @param {number} pid @param {string} value @returns {boolean} */
function environmentHas(pid, value) {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`CALLBACK_ENDPOINT=${value}`);
}

/** Most memory that a process has had, in MiB. @param {number} pid */
export function peakMemory(pid) {
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
