// Serves the pages of one folder from an origin of their own, and JSON made for the test beside them.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const types = {'.html': 'text/html; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8'};

/** `made`: path → value, sent as JSON; a page may PUT another there. Gives { origin, close() }. */
export async function startPageServer(folder, made = {}) {
    const server = http.createServer((request, response) => {
        const {pathname} = new URL(request.url, 'http://page');
        const type = types[path.extname(pathname)], file = path.join(folder, path.basename(pathname));
        if (request.method === 'PUT' && pathname in made) {
            let text = '';
            request.setEncoding('utf8').on('data', part => { text += part; }).on('end', () => {
                made[pathname] = JSON.parse(text);
                response.writeHead(204).end();
            });
        } else if (pathname in made) {
            response.writeHead(200, {'Content-Type': 'application/json'}).end(JSON.stringify(made[pathname]));
        } else if (type && fs.existsSync(file)) {
            response.writeHead(200, {'Content-Type': type}).end(fs.readFileSync(file));
        } else {
            response.writeHead(404).end();
        }
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    return {
        origin: `http://127.0.0.1:${server.address().port}`,
        close: () => new Promise(resolve => {
            server.close(resolve);
            server.closeAllConnections();
        }),
    };
}
