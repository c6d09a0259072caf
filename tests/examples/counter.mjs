// A door in front of Kaibo that counts who goes through, and does nothing else.
import { createServer, request as forward } from 'node:http';

/** Listens on a free port before the server at `target`. `calls`: each as `{ method, path, status }`. */
export async function countingDoor(target) {
  const calls = [];
  const door = createServer((request, response) => {
    const call = { method: request.method, path: request.url.split('?')[0], status: null };
    calls.push(call);
    const { method, headers } = request;
    const onward = forward(target + request.url, { method, headers }, (answer) => {
      call.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => door.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${door.address().port}`,
    calls,
    close() {
      door.closeAllConnections();
      return new Promise((resolve) => door.close(resolve));
    },
  };
}
