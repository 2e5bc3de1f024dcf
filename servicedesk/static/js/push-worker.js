// In the service worker: shows a message that was pushed, and opens its page when it is touched.
(() => {
  "use strict";

  self.addEventListener("push", (event) => {
    const news = event.data ? event.data.json() : null;
    if (!news) return;
    event.waitUntil(self.registration.showNotification(news.title, {
      body: news.body,
      tag: news.url,
      renotify: true,
      data: { url: news.url },
    }));
  });

  self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const address = new URL(event.notification.data.url, self.location.origin);
    if (address.origin !== self.location.origin) return;
    event.waitUntil(self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((windows) => {
      const open = windows.find((each) => each.url === address.href);
      return open ? open.focus() : self.clients.openWindow(address.href);
    }));
  });
})();
