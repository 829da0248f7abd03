// All words of the page, in each language under the same names.

import { EN } from './en.js';
import { ZH } from './zh.js';

export const LANGUAGES = { en: EN, zh: ZH };

/** Choose a language: what was asked for, what the page says, what the reader's system prefers. */
export function languageOf(state, home) {
  if (state.language in LANGUAGES) return state.language;
  if (home.language in LANGUAGES) return home.language;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}
