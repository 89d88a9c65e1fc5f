/** The style of the emulator's pages: light and dark, down to the width of a phone. */
export const stylesheet = `
:root { --page: #f2f4f7; --card: #fff; --text: #1a1d21; --quiet: #5d6671; --line: #d7dce2; --brand: #2f6fed; --on-brand: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --card: #1f2428; --text: #eceff2; --quiet: #a3adb8; --line: #39414a; }
}
.huawei { --brand: #c7000b; }
.wps { --brand: #c8281e; }
.anyweb { --brand: #3d5afe; }
.yuanzhibang { --brand: #00796b; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { width: 100%; max-width: 440px; padding: 24px; background: var(--card); border: 1px solid var(--line);
  border-top: 4px solid var(--brand); border-radius: 12px; overflow-wrap: anywhere; }
h1 { margin: 0 0 12px; font-size: 22px; }
h1 small { margin-left: 8px; color: var(--quiet); font-size: 14px; font-weight: 400; }
.note { margin: 0; color: var(--quiet); font-size: 13px; }
span[lang=en] { color: var(--quiet); font-size: 14px; }
dl { margin: 16px 0; font-size: 14px; }
dt { color: var(--quiet); }
dd { margin: 0 0 8px; }
fieldset { margin: 0 0 16px; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 8px; font-weight: 600; }
.user { display: flex; align-items: center; gap: 12px; min-height: 56px; padding: 6px 12px; margin-bottom: 8px;
  border: 1px solid var(--line); border-radius: 10px; cursor: pointer; }
.user:has(:checked) { border-color: var(--brand); }
.user input { accent-color: var(--brand); flex: none; }
.user img, .no-picture { flex: none; width: 40px; height: 40px; border-radius: 50%; background: var(--line); }
.option { display: block; margin-bottom: 16px; color: var(--quiet); font-size: 14px; }
select { display: block; width: 100%; margin-top: 6px; padding: 8px; color: var(--text); background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; font: inherit; }
.buttons { display: flex; gap: 12px; }
button { flex: 1; min-height: 44px; padding: 8px 12px; color: var(--text); background: transparent;
  border: 1px solid var(--line); border-radius: 10px; font: inherit; font-weight: 600; cursor: pointer; }
.primary { color: var(--on-brand); background: var(--brand); border-color: var(--brand); }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
`;
