/** Somebody who can be picked on the consent page. */
export interface DemoUser {
  /** What steering and the consent form call the user. */
  readonly key: string;
  /** The display name, exactly as the platforms answer it. */
  readonly name: string;
  /** The anonymised account name (Huawei answers it unless the nickname is asked for). */
  readonly account: string;
  readonly hasAvatar: boolean;
  readonly email: string;
  readonly phone: string;
  /** 猿之棒: "1" male, "2" female, "3" unknown. */
  readonly sex: '1' | '2' | '3';
  /** AnyWeb: set once the user has shown an identity card (level 1). */
  readonly identity?: { readonly name: string; readonly idNumber: string } | undefined;
}

/** The users of every platform; the first one is who `autoApprove` signs in. */
export const demoUsers: readonly [DemoUser, ...DemoUser[]] = [
  {
    key: 'zhangwei',
    name: '张伟',
    account: '138****0001',
    hasAvatar: true,
    email: 'zhangwei@example.com',
    phone: '13800000001',
    sex: '1',
    identity: { name: '张伟', idNumber: '110101199001010015' },
  },
  {
    key: 'ouyang',
    name: '欧阳静怡 🌸',
    account: '139****0002',
    hasAvatar: true,
    email: 'ouyang@example.com',
    phone: '13900000002',
    sex: '2',
  },
  {
    key: 'alice',
    name: 'Alice Müller',
    account: 'ali***@example.com',
    hasAvatar: false,
    email: 'alice@example.com',
    phone: '13700000003',
    sex: '2',
  },
  {
    key: 'mallory',
    name: `<script>alert(1)</script> "Mallory" & 'Co'`,
    account: '136****0004',
    hasAvatar: true,
    email: 'mallory@example.com',
    phone: '13600000004',
    sex: '3',
  },
];

/** Finds a demo user; `user-<number>` names one more of a million, for tests that need many subjects. */
export function findUser(key: string): DemoUser | undefined {
  const known = demoUsers.find((user) => user.key === key);
  if (known) return known;
  const number = /^user-(\d{1,6})$/.exec(key)?.[1];
  if (number === undefined) return undefined;
  return {
    key,
    name: `用户 ${number}`,
    account: `135****${number.slice(-4).padStart(4, '0')}`,
    hasAvatar: false,
    email: `${key}@example.com`,
    phone: `135${number.padStart(8, '0')}`,
    sex: '3',
  };
}
