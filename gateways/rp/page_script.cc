#include "gateways/rp/page_script.h"

namespace chopmark::rp {
namespace {

// Polls one question at a time; what it is told is either news or that there is none yet.
constexpr std::string_view waiting = R"(
(function () {
  'use strict';
  var main = document.querySelector('main');
  var scanned = 0;
  function later(ms) { setTimeout(ask, ms); }
  function over() { main.className = 'over'; }
  function told(news) {
    if (news.state === 'done') { location.replace(news.redirect); return; }
    if (news.state === 'scanned') { scanned = 1; main.className = 'scanned'; }
    later(100);
  }
  function ask() {
    fetch('qr/wait?handle=' + encodeURIComponent(main.dataset.handle) + '&scanned=' + scanned,
          { credentials: 'same-origin', cache: 'no-store' })
      .then(function (answer) {
        if (answer.status === 404) { over(); return null; }
        if (!answer.ok) { later(2000); return null; }
        return answer.json().then(told);
      })
      .catch(function () { later(2000); });
  }
  document.querySelector('.reload').addEventListener('click', function (event) {
    event.preventDefault();
    location.reload();
  });
  ask();
})();
)";

// Table 9 of ISO/IEC 18004 for level M has blocks of equal length up to version 6, and no version
// information before version 7: that keeps this small. Any mask may be used; a reader takes it
// from the format bits, which for level M and mask 0 are 0x5412.
constexpr std::string_view redrawing = R"(
(function () {
  'use strict';
  var main = document.querySelector('main');
  var place = document.querySelector('.code');
  var began = performance.now();
  var SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
  // By version: codewords of a block, how many of them correct, and blocks.
  var SHAPES = { 2: [44, 16, 1], 3: [70, 26, 1], 4: [50, 18, 2], 5: [67, 24, 2], 6: [43, 16, 4] };
  var exp = [], log = [];
  for (var i = 0, x = 1; i < 255; i++) {
    exp[i] = x; log[x] = i;
    x = x << 1 ^ (x & 128 ? 0x11d : 0);
  }
  function times(a, b) { return a && b ? exp[(log[a] + log[b]) % 255] : 0; }

  function correction(data, count) {
    var generator = [1], rest = data.concat(new Array(count).fill(0));
    for (var i = 0; i < count; i++) {
      var next = generator.concat(0);
      generator.forEach(function (one, at) { next[at + 1] ^= times(one, exp[i]); });
      generator = next;
    }
    for (i = 0; i < data.length; i++) {
      var factor = rest[i];
      generator.forEach(function (one, at) { rest[i + at] ^= times(one, factor); });
    }
    return rest.slice(data.length);
  }

  // Alphanumeric mode, padded.
  function dataOf(text, room) {
    var bits = '';
    function add(value, width) { bits += value.toString(2).padStart(width, '0'); }
    add(2, 4);
    add(text.length, 9);
    for (var i = 0; i + 1 < text.length; i += 2) {
      add(SIGNS.indexOf(text[i]) * 45 + SIGNS.indexOf(text[i + 1]), 11);
    }
    if (i < text.length) { add(SIGNS.indexOf(text[i]), 6); }
    if (bits.length > 8 * room) { return null; }
    bits += '0'.repeat(Math.min(4, 8 * room - bits.length));
    bits += '0'.repeat(-bits.length & 7);
    var data = bits.match(/.{8}/g).map(function (one) { return parseInt(one, 2); });
    for (i = 0; data.length < room; i ^= 1) { data.push(i ? 0x11 : 0xec); }
    return data;
  }

  // The codewords of the blocks in turn, data first.
  function codewords(data, shape) {
    var length = shape[0] - shape[1], out = [];
    var blocks = [];
    for (var i = 0; i < shape[2]; i++) {
      var block = data.slice(i * length, (i + 1) * length);
      blocks.push(block.concat(correction(block, shape[1])));
    }
    for (i = 0; i < shape[0]; i++) {
      blocks.forEach(function (block) { out.push(block[i]); });
    }
    return out;
  }

  function matrix(version, words) {
    var size = 17 + 4 * version, dark = [], fixed = [];
    for (var i = 0; i < size; i++) {
      dark.push(new Array(size).fill(0));
      fixed.push(new Array(size).fill(0));
    }
    function set(y, x, value) {
      if (y >= 0 && x >= 0 && y < size && x < size) { dark[y][x] = +value; fixed[y][x] = 1; }
    }
    // Rings around a centre: light at distance `light` and, of a finder, at the border.
    function square(y, x, reach, light) {
      for (var i = -reach; i <= reach; i++) {
        for (var j = -reach; j <= reach; j++) {
          var far = Math.max(Math.abs(i), Math.abs(j));
          set(y + i, x + j, far !== light && far !== 4);
        }
      }
    }
    for (i = 0; i < size; i++) { set(6, i, i % 2 === 0); set(i, 6, i % 2 === 0); }
    square(3, 3, 4, 2); square(3, size - 4, 4, 2); square(size - 4, 3, 4, 2);
    square(size - 7, size - 7, 2, 1);
    for (i = 0; i < 15; i++) {
      var bit = 0x5412 >> i & 1;
      set(i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, 8, bit);
      set(8, i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, bit);
    }
    set(size - 8, 8, 1);
    var at = 0;
    for (var right = size - 1, up = true; right > 0; right -= 2, up = !up) {
      if (right === 6) { right = 5; }
      for (i = 0; i < size; i++) {
        for (var x = right; x > right - 2; x--) {
          var y = up ? size - 1 - i : i;
          if (!fixed[y][x]) {
            var word = words[at >> 3] || 0;
            dark[y][x] = (word >> (7 - (at & 7)) & 1) ^ ((y + x) % 2 === 0);
            at++;
          }
        }
      }
    }
    return dark;
  }

  function draw(text) {
    for (var version = 2; version <= 6; version++) {
      var shape = SHAPES[version];
      var data = dataOf(text, (shape[0] - shape[1]) * shape[2]);
      if (data) { show(matrix(version, codewords(data, shape))); return; }
    }
  }

  // The old picture stays until the new one is there.
  function show(dark) {
    var space = 'http://www.w3.org/2000/svg', side = dark.length + 8, path = '';
    dark.forEach(function (row, y) {
      row.forEach(function (one, x) {
        if (one) { path += 'M' + (x + 4) + ' ' + (y + 4) + 'h1v1h-1z'; }
      });
    });
    var svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 ' + side + ' ' + side);
    svg.setAttribute('role', 'img');
    svg.setAttribute('shape-rendering', 'crispEdges');
    [['#fff', 'M0 0h' + side + 'v' + side + 'H0z'], ['#000', path]].forEach(function (one) {
      var part = document.createElementNS(space, 'path');
      part.setAttribute('fill', one[0]);
      part.setAttribute('d', one[1]);
      svg.appendChild(part);
    });
    place.replaceChildren(svg);
  }

  function padded(number, width) { return String(number).padStart(width, '0'); }

  // RFC 6238: the truncated HMAC of the step, which is counted from when the page came.
  function redraw(key) {
    var step = Math.floor((performance.now() - began) / 3000);
    var counter = new DataView(new ArrayBuffer(8));
    if (step > 999 || main.className) { return; }
    counter.setUint32(4, step);
    crypto.subtle.sign('HMAC', key, counter).then(function (mac) {
      var view = new DataView(mac);
      var number = (view.getUint32(view.getUint8(31) & 15) & 0x7fffffff) % 100000000;
      draw(main.dataset.link + '.' + padded(step, 3) + '.' + padded(number, 8));
      setTimeout(redraw, (step + 1) * 3000 - (performance.now() - began), key);
    });
  }

  if (!window.crypto || !crypto.subtle) {
    if (place.dataset.plain) { place.textContent = place.dataset.plain; }
    return;
  }
  var bytes = main.dataset.key.match(/../g).map(function (one) { return parseInt(one, 16); });
  crypto.subtle.importKey('raw', new Uint8Array(bytes), { name: 'HMAC', hash: 'SHA-256' }, false,
                          ['sign']).then(redraw);
})();
)";

}  // namespace

std::string_view waiting_script() { return waiting; }
std::string_view redrawing_script() { return redrawing; }

bool can_redraw(std::string_view link) {
    constexpr std::string_view signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    constexpr std::size_t version_6_characters = 154;
    constexpr std::size_t code_characters = 13;
    return link.size() + code_characters <= version_6_characters &&
           link.find_first_not_of(signs) == std::string_view::npos;
}

}  // namespace chopmark::rp
