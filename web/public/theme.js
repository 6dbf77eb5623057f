// Sets the theme before the first paint, so that nothing flashes. It is a file
// of its own because the content security policy allows no inline script.
(() => {
  let choice = 'system';
  try {
    choice = localStorage.getItem('plexus.theme') ?? 'system';
  } catch {
    // Storage may be refused; the system's theme is right then.
  }
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
