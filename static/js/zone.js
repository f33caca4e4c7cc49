// The zone of this browser, so that the next page says times in it. Without this script times are said in UTC.
"use strict";
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.split("; ").includes(`placet_zone=${zone}`)) return;
  const only = window.location.protocol === "https:" ? "; secure" : "";
  document.cookie = `placet_zone=${zone}; path=/; max-age=31536000; samesite=lax${only}`;
})();
