// The commands of scripts/local on the running stack.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { SONG } from '../harness/client-tools.mjs';
import { local } from '../harness/local.mjs';
import { stack } from '../harness/stack.mjs';

describe('scripts/local', { concurrency: 1 }, () => {
  test('ask prints the answer to stdout and the tool call to stderr, and exits with 0', async () => {
    const { code, out, err } = await local(['ask', 'How is the weather in New York?']);
    assert.equal(code, 0, err);
    assert.match(out, /It is sunny in New York\..*\n$/s);
    assert.match(err, /get_weather.*New York/);
  });

  test('ask prints the first text while the model still answers', async () => {
    const { code, err, firstMs, ms } = await local(['ask', 'sim:steady']);
    assert.equal(code, 0, err);
    // The model takes 3 s from the first delta to the last one.
    assert.ok(firstMs < ms - 2000, `the first text came after ${firstMs} ms of ${ms} ms`);
  });

  test('ask exits with 1 and prints the error when the run fails', async () => {
    const { code, out, err } = await local(['ask', 'sim:fault-access-denied']);
    assert.equal(code, 1);
    assert.equal(out.trim(), '');
    assert.match(err, /error: .*model.*\(model_access_denied\)/);
    assert.doesNotMatch(err, /Traceback/);
  });

  test('ask exits with 1 when the prompt is refused', async () => {
    const { code, err } = await local(['ask', ' ']);
    assert.equal(code, 1);
    assert.match(err, /error: .*prompt/);
  });

  test('ask runs the command of a tool, and the model goes on with its result', async () => {
    const command = `grep -q WZPZ && echo '${SONG}' || { echo 'There is no such station.' >&2; exit 1; }`;
    const { code, out, err } = await local(['ask', '--tool', `top_song=${command}`, 'sim:client-tool']);
    assert.equal(code, 0, err);
    assert.equal(out.trim(), `It is ${SONG}.`);
    const lines = ['-> top_song {"sign":"WZPZ"}', `$ ${command}`, `<- top_song: ${SONG}`];
    assert.equal(err.trimEnd(), lines.join('\n'));
  });

  test('ask gives the model the error of a command', async () => {
    const tool = `top_song=echo 'There is no such station.' >&2; exit 1`;
    const { code, out, err } = await local(['ask', '--tool', tool, 'call top_song {"sign":"KXYZ"}']);
    assert.equal(code, 0, err);
    assert.match(err, /^<- top_song \(error\): There is no such station\.$/m);
    assert.match(out, /There is no such station/);
  });

  test('chat runs commands for every prompt, and sends long results in parts', async () => {
    const tool = "long=printf 'begin %060000d end' 0";
    const { code, err } = await local(['chat', '--tool', tool], 'call long\ncall long {"again":true}\n');
    assert.equal(code, 0, err);
    assert.equal(err.match(/^<- long: begin 0+/gm)?.length, 2);
    assert.doesNotMatch(err, /error/);
  });

  test('a tool without a command is refused', async () => {
    const { code, err } = await local(['ask', '--tool', 'top_song', 'Hey!']);
    assert.equal(code, 1);
    assert.match(err, /^error: --tool takes NAME=COMMAND/);
  });

  test('chat keeps the conversation', async () => {
    const { code, out } = await local(['chat'], 'My name is Ada.\nWhat is my name?\n');
    assert.equal(code, 0);
    assert.match(out, /Your name is Ada\./);
  });

  test('status prints the WebSocket URL', async () => {
    const { code, out, err } = await local(['status']);
    assert.equal(code, 0);
    assert.ok(`${out}${err}`.includes(stack().websocket));
  });

  test('up on a running stack prints its URL and a wscat command', async () => {
    const { code, out } = await local(['up']);
    assert.equal(code, 0);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.at(-2), stack().websocket);
    assert.match(lines.at(-1) ?? '', /^npx wscat.* -c .*ws:/);
  });

  test('the workers’ log has the tool calls and no prompt', async () => {
    const { code, out } = await local(['logs', 'worker']);
    assert.equal(code, 0);
    assert.match(out, /get_weather/);
    assert.doesNotMatch(out, /How is the weather/);
  });
});
