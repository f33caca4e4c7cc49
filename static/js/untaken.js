// A page on which something broke: what was sent last was not taken, so its words stay (drafts.js).
"use strict";
try { window.sessionStorage.removeItem("placet.sent"); } catch { /* then nothing was kept either */ }
