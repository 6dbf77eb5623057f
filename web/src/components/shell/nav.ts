import { Boxes, KeyRound, type LucideIcon, Plug, ScrollText } from 'lucide-react';

export interface NavItem {
  to: '/requests' | '/providers' | '/models' | '/keys';
  label: 'requests' | 'providers' | 'models' | 'keys';
  icon: LucideIcon;
}

/** The pages that exist, by area. */
export const areas: readonly { label: 'observe' | 'route' | 'access'; items: readonly NavItem[] }[] = [
  { label: 'observe', items: [{ to: '/requests', label: 'requests', icon: ScrollText }] },
  {
    label: 'route',
    items: [
      { to: '/providers', label: 'providers', icon: Plug },
      { to: '/models', label: 'models', icon: Boxes },
    ],
  },
  { label: 'access', items: [{ to: '/keys', label: 'keys', icon: KeyRound }] },
];
