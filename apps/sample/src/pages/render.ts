import { Eta } from 'eta';
import { type PageContent } from 'nestjs-oauth-providers';
import { join } from 'node:path';
import { siteTexts } from './texts.js';

/** Where the style sheet and the icon lie. */
export const assetsFolder = join(import.meta.dirname, 'assets');

// Escapes everything it prints with `<%=`; `<%~` is for finished HTML.
const eta = new Eta({ views: join(import.meta.dirname, 'views'), cache: true, autoTrim: false });

/** Renders one of the views; names and other texts arrive as they are and leave escaped. */
export function render(view: string, data: object): string {
  return eta.render(view, data);
}

/** The frame of every page, those of the login included. */
export function pageFrame({ language, title, body, scripts }: Omit<PageContent, 'stylesheet'>): string {
  return render('frame', { language, title, body, scripts, text: siteTexts[language] });
}
