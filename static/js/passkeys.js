"use strict";
export {};
