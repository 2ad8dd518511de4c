"""A real browser, Debian's Chromium, driven by Playwright; it keeps what a page says to the console and asks of the network."""

import shutil

from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """Use it as a context. One process for all pages of a test module."""

    def __enter__(self):
        self.playwright = sync_playwright().start()
        # The tests run as root in containers, where Chromium's own sandbox cannot be had; it only ever sees our page.
        self.chromium = self.playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        return self

    def __exit__(self, *_):
        self.chromium.close()
        self.playwright.stop()

    def open(self, url, **options):
        """A page in a context of its own; `problems` has its errors, `requests` the addresses that it asked for."""
        context = self.chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.problems, page.requests = [], []
        page.on("console", lambda message: page.problems.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(url)
        return page


#: The contrast of every text that is seen with what is behind it, by WCAG 2.2, 1.4.3: [ratio, needed, text, class].
CONTRASTS = """
() => {
  const numbers = (colour) => { const n = colour.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const luminance = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const s = c[i] / 255;
    return sum + weight * (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4);
  }, 0);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(numbers(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest(".unseen, script, style, option")) continue;
    const style = getComputedStyle(node), behind = ground(node), front = over(numbers(style.color), behind);
    const [a, b] = [luminance(front), luminance(behind)].sort((x, y) => y - x), size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    found.push([(a + 0.05) / (b + 0.05), isLarge ? 3 : 4.5, walker.currentNode.textContent.trim(), node.className]);
  }
  return found;
}
"""
