// Finds the process at the other end of a local connection. Linux only, because it reads /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** @typedef {{pid?: number, function?: string}} Caller */

/** Prefix of a function's deployed name; the rest is its folder's name. */
const PREFIX = 'longwire-';

/** @type {WeakMap<import('node:net').Socket, Caller>} */
const known = new WeakMap();

/**
 * Finds the function at the other end of a connection and remembers it.
 * @param {import('node:net').Socket} socket
 * @returns {Caller}
 */
export function callerOf(socket) {
  const caller = known.get(socket) ?? find(socket.remotePort ?? 0, socket.localPort ?? 0);
  known.set(socket, caller);
  return caller;
}

/** @param {number} theirs @param {number} ours @returns {Caller} */
function find(theirs, ours) {
  const inode = inodeOf(theirs, ours);
  const holds = (/** @type {number} */ pid) => inode !== undefined && holdsSocket(pid, inode);
  const pid = functionPids().find(holds);
  return pid === undefined ? {} : { pid, function: functionName(pid)?.replace(PREFIX, '') };
}

/** Finds the socket of 127.0.0.1:theirs → 127.0.0.1:ours. @param {number} theirs @param {number} ours */
function inodeOf(theirs, ours) {
  const end = (/** @type {number} */ port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const row = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => local === end(theirs) && remote === end(ours));
  return row?.[9];
}

/** @param {number} pid @param {string} inode */
function holdsSocket(pid, inode) {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).some((name) => linkOf(`${folder}/${name}`) === `socket:[${inode}]`);
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
